// hashicorp/yamux at the other end of peerwire, in both roles and with the command line of examples/mux-echo:
//
//	server --port N            listens on 127.0.0.1, prints "listening PORT", echoes every stream, half-closes when the peer does
//	client PORT STREAMS BYTES  opens the streams at once, sends BYTES on each, half-closes, checks the echo, prints "ok STREAMS"
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/yamux"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "server" && args[1] == "--port":
		return serve(args[2])
	case len(args) == 4 && args[0] == "client":
		streams, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		size, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return dial(args[1], streams, size)
	}
	return fmt.Errorf("usage: server --port PORT | client PORT STREAMS BYTES")
}

func config() *yamux.Config {
	c := yamux.DefaultConfig()
	c.LogOutput = io.Discard
	c.ConnectionWriteTimeout = 60 * time.Second // a busy machine is no failure
	return c
}

func serve(port string) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go serveConn(conn)
	}
}

func serveConn(conn net.Conn) {
	session, err := yamux.Server(conn, config())
	if err != nil {
		conn.Close()
		return
	}
	defer session.Close()
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return
		}
		go func() {
			// Close is yamux's half-close: what is under way to us can still be read.
			if _, err := io.Copy(stream, stream); err == nil {
				stream.Close()
			}
		}()
	}
}

func dial(port string, streams, size int) error {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	session, err := yamux.Client(conn, config())
	if err != nil {
		return err
	}
	results := make(chan error, streams)
	for i := 0; i < streams; i++ {
		go func() { results <- echoOnce(session, size) }()
	}
	for i := 0; i < streams; i++ {
		if err := <-results; err != nil {
			return err
		}
	}
	fmt.Printf("ok %d\n", streams)
	return session.Close()
}

func echoOnce(session *yamux.Session, size int) error {
	stream, err := session.OpenStream()
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	sent := make(chan error, 1)
	go func() { sent <- send(stream, size) }()
	chunk := make([]byte, 64*1024)
	received := 0
	for {
		n, err := stream.Read(chunk)
		for i, b := range chunk[:n] {
			if want := patternAt(stream.StreamID(), received+i); b != want {
				return fmt.Errorf("stream %d: byte %d came back as %d instead of %d", stream.StreamID(), received+i, b, want)
			}
		}
		received += n
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("stream %d: read: %w", stream.StreamID(), err)
		}
	}
	if err := <-sent; err != nil {
		return fmt.Errorf("stream %d: write: %w", stream.StreamID(), err)
	}
	if received != size {
		return fmt.Errorf("stream %d: %d of %d bytes came back", stream.StreamID(), received, size)
	}
	return nil
}

func send(stream *yamux.Stream, size int) error {
	for sent := 0; sent < size; {
		chunk := make([]byte, min(256*1024, size-sent))
		for i := range chunk {
			chunk[i] = patternAt(stream.StreamID(), sent+i)
		}
		if _, err := stream.Write(chunk); err != nil {
			return err
		}
		sent += len(chunk)
	}
	return stream.Close()
}

func patternAt(id uint32, position int) byte {
	return byte(int(id)*31 + position + (position>>8)*7)
}
