// What one might write instead, in Go: net/http, a goroutine per connection, a line per result.
//   client JOB RESULTS URL CONNECTIONS [CERTIFICATE]
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

type operation struct {
	Op       string `json:"op"`
	ID       string `json:"id"`
	FileName string `json:"fileName"`
	AlbumID  string `json:"albumId"`
	Name     string `json:"name"`
}

type answer struct {
	Code int    `json:"code"`
	Msg  string `json:"msg"`
}

type result struct {
	Line int    `json:"line"`
	HTTP int    `json:"http"`
	Code int    `json:"code"`
	Msg  string `json:"msg"`
}

type record struct {
	line int
	text []byte
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func request(base string, r record) (*http.Request, error) {
	var op operation
	if err := json.Unmarshal(r.text, &op); err != nil {
		return nil, err
	}
	path, body := "/koodrive/ose/v1/sharefolder/rename", map[string]string{"id": op.ID, "fileName": op.FileName}
	if op.Op == "update_album" {
		path, body = "/koodrive/ose/v1/"+op.AlbumID+"/update", map[string]string{"name": op.Name}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest("POST", base+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer+secret")
	req.Header.Set("X-User-Id", "1")
	req.Header.Set("X-Date", time.Now().UTC().Format("20060102T150405Z"))
	req.Header.Set("X-Traceid", fmt.Sprintf("%058b", r.line))
	return req, nil
}

func send(client *http.Client, base string, r record) (result, error) {
	req, err := request(base, r)
	if err != nil {
		return result{}, err
	}
	res, err := client.Do(req)
	if err != nil {
		return result{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return result{}, err
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return result{}, err
	}
	return result{r.line, res.StatusCode, a.Code, a.Msg}, nil
}

func makeClient(connections int, certificate string) *http.Client {
	transport := &http.Transport{MaxIdleConns: connections, MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	if certificate != "" {
		pem, err := os.ReadFile(certificate)
		must(err)
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		// Setting this switches HTTP/2 off, as the others do without it too.
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &http.Client{Transport: transport}
}

func readJob(path string, records chan<- record) {
	file, err := os.Open(path)
	must(err)
	lines := bufio.NewScanner(file)
	for line := 1; lines.Scan(); line++ {
		records <- record{line, append([]byte(nil), lines.Bytes()...)}
	}
	must(lines.Err())
	close(records)
}

func main() {
	connections, err := strconv.Atoi(os.Args[4])
	must(err)
	certificate := ""
	if len(os.Args) > 5 {
		certificate = os.Args[5]
	}
	client := makeClient(connections, certificate)
	records, results := make(chan record, 1024), make(chan result, 1024)
	go readJob(os.Args[1], records)
	var workers sync.WaitGroup
	for i := 0; i < connections; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for r := range records {
				one, err := send(client, os.Args[3], r)
				must(err)
				results <- one
			}
		}()
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	file, err := os.Create(os.Args[2])
	must(err)
	out := bufio.NewWriter(file)
	encoder := json.NewEncoder(out)
	for one := range results {
		must(encoder.Encode(one))
	}
	must(out.Flush())
	must(file.Sync())
}
