"""The parts of the benchmark scripts that decide something."""

import json
import sys
import tempfile
import unittest
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import clients, figures, fleets, jobs, measure, quotas, request


class Figures(unittest.TestCase):
    def test_a_figure_is_the_median_with_its_spread(self):
        figure = figures.Figure.of([5, 1, 4, 2, 100])
        self.assertEqual((figure.median, figure.least, figure.most), (4, 1, 100))

    def test_ratios_are_taken_round_by_round_where_both_have_the_round(self):
        # A machine that is half as fast in round 2 changes neither ratio.
        self.assertEqual(figures.paired_ratios({1: 90, 2: 45, 3: 1}, {1: 100, 2: 50, 4: 1}), [0.9, 0.9])
        self.assertEqual(figures.paired_ratios({1: 90}, {}), [])

    def test_every_round_has_all_items_in_another_order(self):
        self.assertEqual([figures.rotated("abc", by) for by in range(4)],
                         [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]])
        self.assertEqual(figures.rotated([], 3), [])

    def test_a_rate_is_off_by_a_share_of_it(self):
        self.assertAlmostEqual(figures.rate_error([5.0, 5.1, 5.2], 10), 0.0)
        self.assertAlmostEqual(figures.rate_error([5.0, 5.1, 5.25], 10), 0.2)

    def test_late_is_what_comes_after_its_time_in_the_schedule(self):
        late = figures.lateness([5.0, 5.05, 5.3], 10)
        for found, expected in zip(late, [0.0, 0.0, 0.1], strict=True):
            self.assertAlmostEqual(found, expected)

    def test_what_a_limit_forbids_to_make_up_is_late_once(self):
        late = figures.lateness([5.0, 5.1, 6.0, 6.1, 6.15], 10, burst=0.2)
        for found, expected in zip(late, [0.0, 0.0, 0.2, 0.2, 0.15], strict=True):
            self.assertAlmostEqual(found, expected)

    def test_a_percentile_is_one_of_the_values(self):
        values = list(range(100, 0, -1))
        self.assertEqual(figures.percentile(values, 0.99), 99)
        self.assertEqual(figures.percentile(values, 0), 1)
        self.assertEqual(figures.percentile([7], 0.99), 7)

    def test_a_table_has_columns_that_line_up(self):
        self.assertEqual(figures.table(["client", "n"], [["a", "1,000"], ["longer one", "2"]]),
                         "| client     |     n |\n"
                         "|------------|------:|\n"
                         "| a          | 1,000 |\n"
                         "| longer one |     2 |")


class Fleets(unittest.TestCase):
    LOG = """\
2026-11-30 23:00:10.000 UTC [7] LOG:  checkpoint starting: time
2026-11-30 23:00:20.500 UTC [7] LOG:  checkpoint complete: wrote 5 buffers (0.1%); write=4.0 s, total=4.500 s; sync files=3
2026-11-30 23:00:40.000 UTC [9] LOG:  automatic vacuum of table "postgres.koobatch.worker": index scans: 0
\tpages: 0 removed, 1 remain
\tsystem usage: CPU: user: 0.00 s, system: 0.00 s, elapsed: 2.00 s
"""

    @staticmethod
    def seconds(text):
        return datetime.fromisoformat(f"2026-11-30T{text}+00:00").timestamp()

    def test_a_trace_id_names_worker_and_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as log:
            trace = f"{5:018b}{7:032b}{1:08b}"
            log.write(json.dumps({"time": "2026-11-30T23:00:00.250000Z", "trace_id": trace}) + "\n")
            log.flush()
            self.assertEqual(fleets.read_log(log.name), [fleets.Request(self.seconds("23:00:00.250"), 5, 7)])

    def test_taken_over_is_what_the_lost_worker_had_sent(self):
        def sent(at, worker, line):
            return fleets.Request(at, worker, line)

        requests = [sent(1, 8, 1), sent(2, 9, 2), sent(4, 9, 3), sent(9, 9, 4), sent(25, 9, 1)]
        self.assertEqual(fleets.taken_over(requests, 8, 3), 22)
        with self.assertRaises(measure.Failed):
            fleets.taken_over(requests[:-1], 8, 3)

    def test_the_fullest_window_is_found(self):
        self.assertEqual(fleets.most_within([0, 1, 1.5, 1.9, 3, 5], 1), 3)
        self.assertEqual(fleets.most_within([0, 1, 1.5, 1.9, 3, 5], 10), 6)

    def test_what_the_engine_did_is_read_from_its_log(self):
        checkpoint, vacuum = fleets.busy_times(self.LOG)
        self.assertEqual(checkpoint, (self.seconds("23:00:16"), self.seconds("23:00:20.500"), "in a checkpoint"))
        self.assertEqual(vacuum, (self.seconds("23:00:38"), self.seconds("23:00:40"), "while tables were cleaned"))

    def test_slow_commits_are_explained_by_what_they_overlap(self):
        times = [(self.seconds("23:00:17"), 0.5), (self.seconds("23:00:30"), 0.5), (self.seconds("23:00:16.1"), 0.2),
                 (self.seconds("23:00:17"), 0.01)]
        self.assertEqual(fleets.explained(times, fleets.busy_times(self.LOG), 0.1),
                         {"in a checkpoint": 2, "at other times": 1})


class Quotas(unittest.TestCase):
    def test_what_is_permitted_follows_the_steps(self):
        steps = [(0, 100), (10, 200), (20, 50)]
        self.assertEqual(quotas.permitted(steps, 0, 10), 1000)
        self.assertEqual(quotas.permitted(steps, 5, 25), 500 + 2000 + 250)
        self.assertEqual(quotas.permitted(steps, 30, 20), 0)

    def test_what_counts_is_when_a_request_was_sent(self):
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as report:
            for line in (
                {"type": "run"},
                {"type": "result", "http": 200, "at": "2026-11-29T14:00:00.500Z", "latency_ms": 500},
                {"type": "result", "http": 200, "at": "2026-11-29T14:00:09.000Z", "latency_ms": 0, "history": [
                    {"http": 429, "at": "2026-11-29T14:00:01.000Z"},
                    {"http": 503, "at": "2026-11-29T14:00:04.000Z"},
                    {"http": 200, "at": "2026-11-29T14:00:09.000Z"}]},
                {"type": "result", "http": 200, "at": "2026-11-29T14:00:05.000Z"},
                {"type": "end"},
            ):
                report.write(json.dumps(line, separators=(",", ":")) + "\n")
            report.flush()
            course = quotas.read(report.name)
        self.assertEqual(course.accepted, [0, 9, 5])
        self.assertEqual(course.refused, [1, 4])
        self.assertEqual(course.last_fresh, 5)

    def test_the_search_is_no_part_of_the_score_and_neither_is_the_end(self):
        accepted = [0.5, 1, 3, 3.5, 4, 4.5, 5, 9]
        score = quotas.score(quotas.Course(accepted, [2.9, 3.1], last_fresh=5), [(0, 2)])
        self.assertEqual(score, quotas.Score(accepted=8, utilisation=1.0, early=1, late=1, seconds=9))


class Jobs(unittest.TestCase):
    def test_a_job_has_both_operations_its_keys_and_values_that_are_all_unlike(self):
        records = [json.loads(jobs.line(number, 10)) for number in range(100)]
        self.assertEqual({record["op"] for record in records}, {"rename_shared_folder", "update_album"})
        self.assertEqual(len({record.get("id") or record.get("albumId") for record in records}), 10)
        values = [record.get("fileName") or record.get("name") for record in records]
        self.assertEqual(len(set(values)), 100)

    def test_values_keep_the_rules_however_many_there_are(self):
        for number in (9_999_998, 9_999_999):
            record = json.loads(jobs.line(number, 100_000))
            self.assertLessEqual(len(record.get("fileName") or record["name"]), 20)

    def test_a_job_that_is_there_is_not_written_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "job.ndjson")
            self.assertEqual(len(jobs.write(path, 3, 1).read_text().splitlines()), 3)
            self.assertEqual(len(jobs.write(path, 5, 1).read_text().splitlines()), 3)


SHOWN = """# line 1
POST http://127.0.0.1:1/koodrive/ose/v1/sharefolder/rename HTTP/1.1
Host: 127.0.0.1:1
Content-Type: application/json
Authorization: Bearer+secret
Content-Length: 22

{"id":"1","name":"a b"}

"""


class Requests(unittest.TestCase):
    def setUp(self):
        self.request = request.parse(SHOWN)

    def test_the_request_is_read_from_what_a_dry_run_shows(self):
        self.assertEqual(self.request.path, "/koodrive/ose/v1/sharefolder/rename")
        self.assertEqual(self.request.headers,
                         (("Content-Type", "application/json"), ("Authorization", "Bearer+secret")))
        self.assertEqual(self.request.body, '{"id":"1","name":"a b"}')

    def test_its_bytes_are_a_whole_request(self):
        self.assertEqual(request.raw(self.request, "h:1"),
                         b"POST /koodrive/ose/v1/sharefolder/rename HTTP/1.1\r\nHost: h:1\r\n"
                         b"Content-Type: application/json\r\nAuthorization: Bearer+secret\r\n"
                         b'Content-Length: 23\r\n\r\n{"id":"1","name":"a b"}')

    def test_in_a_script_quotes_are_escaped(self):
        self.assertIn(r'wrk.body = "{\"id\":\"1\",\"name\":\"a b\"}"', request.wrk_script(self.request))


class Wrk(unittest.TestCase):
    def test_its_result_is_requests_and_seconds(self):
        self.assertEqual(clients.wrk_result("  654321 requests in 5.10s, 120.00MB read\n"), (654321, 5.1))
        self.assertEqual(clients.wrk_result("  9 requests in 1.50m, 1.00KB read\n"), (9, 90.0))

    def test_what_failed_is_no_result(self):
        for output in ("", "9 requests in 1.0s,\n  Non-2xx or 3xx responses: 9", "9 requests in 1.0s,\n  Socket errors:"):
            with self.assertRaises(measure.Failed):
                clients.wrk_result(output)


class Measure(unittest.TestCase):
    def test_a_command_is_measured_and_its_output_kept(self):
        usage = measure.run(["sh", "-c", "echo out; echo err >&2"])
        self.assertEqual(usage.output, "out\nerr\n")
        self.assertGreater(usage.wall, 0)
        # A shell is small: far smaller than the interpreter that started it.
        self.assertTrue(0 < usage.peak_bytes < 8 << 20, usage.peak_bytes)

    def test_a_status_that_is_not_expected_is_a_failure(self):
        with self.assertRaises(measure.Failed):
            measure.run(["sh", "-c", "exit 3"])
        self.assertEqual(measure.run(["sh", "-c", "exit 3"], statuses=(3,)).output, "")


if __name__ == "__main__":
    unittest.main()
