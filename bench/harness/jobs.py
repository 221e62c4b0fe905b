"""Job files of any size."""

STEP = 7919  # a prime: neighbours in the file are not neighbours among the keys


def line(number, keys):
    """Operation `number`, from 0: renames and album updates over `keys` keys in scattered order, all values differ."""
    key = number * STEP % keys
    if key % 2 == 0:
        return f'{{"op":"rename_shared_folder","id":"1757156480{key:09}","fileName":"name {number}"}}\n'
    return f'{{"op":"update_album","albumId":"1795607640{key:09}","name":"album {number}"}}\n'


def rename(number, keys):
    """Operation `number`, from 0, of a job of which all requests have one path: servers of files have one for that."""
    return f'{{"op":"rename_shared_folder","id":"1757156480{number * STEP % keys:09}","fileName":"name {number}"}}\n'


def write(path, operations, keys, line=line):
    """A job, written unless it exists already from an earlier run."""
    if path.exists():
        return path
    unfinished = path.with_name(path.name + ".tmp")
    with unfinished.open("w") as file:
        for number in range(operations):
            file.write(line(number, keys))
    unfinished.rename(path)
    return path
