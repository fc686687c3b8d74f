package main

import (
	"context"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
)

const deadline = 25 * time.Second // less than a generation may drain

// call is one call and what is known of its answer.
type call struct {
	id     string
	stub   pb.TestServiceClient
	random *rand.Rand
	floor  int // the answer must be by this release or a newer one

	header, trailer metadata.MD
	release         string
	messages        int
}

func (c *call) make(kind string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	var err error
	switch kind {
	case "unary":
		err = c.unary(ctx)
	case "down":
		err = c.down(ctx)
	case "up":
		err = c.up(ctx)
	default:
		err = c.both(ctx)
	}
	if err != nil {
		return err
	}
	return c.checkRelease()
}

func (c *call) unary(ctx context.Context) error {
	text := c.id + " " + strings.Repeat("x", c.random.Intn(1<<c.random.Intn(16)+1))
	response, err := c.stub.UnaryCall(ctx, &pb.SimpleRequest{Payload: payload(text)},
		grpc.Header(&c.header), grpc.Trailer(&c.trailer))
	if err != nil {
		return err
	}
	return c.check(response.GetPayload(), text)
}

func (c *call) down(ctx context.Context) error {
	request := &pb.StreamingOutputCallRequest{Payload: payload(c.id)}
	pause := c.pause()
	for i := 1 + c.random.Intn(10); i > 0; i-- {
		request.ResponseParameters = append(request.ResponseParameters,
			&pb.ResponseParameters{IntervalUs: int32(pause.Microseconds())})
	}
	stream, err := c.stub.StreamingOutputCall(ctx, request)
	if err != nil {
		return err
	}
	for i := range request.ResponseParameters {
		response, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if err := c.check(response.GetPayload(), c.id+" "+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return c.end(stream, func() error { _, err := stream.Recv(); return err })
}

func (c *call) up(ctx context.Context) error {
	stream, err := c.stub.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	size := 0
	pause := c.pause()
	for i := 1 + c.random.Intn(10); i > 0; i-- {
		text := c.id + strings.Repeat("x", c.random.Intn(20_000))
		if err := stream.Send(&pb.StreamingInputCallRequest{Payload: payload(text)}); err != nil {
			_, err = stream.CloseAndRecv() // says why
			return fmt.Errorf("while sending: %w", err)
		}
		size += len(text)
		c.messages++
		time.Sleep(pause)
	}
	response, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	if int(response.GetAggregatedPayloadSize()) != size {
		return fmt.Errorf("%d bytes sent, %d arrived", size, response.GetAggregatedPayloadSize())
	}
	c.header, _ = stream.Header()
	c.trailer = stream.Trailer()
	return nil
}

// both: each message is answered before the next one is said, so that an echo shows who has it.
func (c *call) both(ctx context.Context) error {
	stream, err := c.stub.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	pause := c.pause()
	for i := 1 + c.random.Intn(10); i > 0; i-- {
		text := c.id + " " + strconv.Itoa(i)
		if err := stream.Send(&pb.StreamingOutputCallRequest{Payload: payload(text)}); err != nil && err != io.EOF {
			return err
		}
		response, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("echo of %d: %w", i, err)
		}
		if err := c.check(response.GetPayload(), text); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	stream.CloseSend()
	return c.end(stream, func() error { _, err := stream.Recv(); return err })
}

// pause between the messages of a stream: most are short, some outlive a handover or two.
func (c *call) pause() time.Duration {
	if c.random.Intn(4) == 0 {
		return time.Duration(c.random.Intn(500)) * time.Millisecond
	}
	return time.Duration(c.random.Intn(20)) * time.Millisecond
}

func (c *call) end(stream grpc.ClientStream, receive func() error) error {
	if err := receive(); err != io.EOF {
		return fmt.Errorf("where it should end: %v", err)
	}
	c.header, _ = stream.Header()
	c.trailer = stream.Trailer()
	return nil
}

// check holds a message against what was sent: "RELEASE TEXT".
func (c *call) check(got *pb.Payload, text string) error {
	c.messages++
	release, rest, _ := strings.Cut(string(got.GetBody()), " ")
	if rest != text {
		return fmt.Errorf("%.60q and not %.60q", rest, text)
	}
	if c.release == "" {
		c.release = release
	}
	if release != c.release {
		return fmt.Errorf("a message by %s behind one by %s", release, c.release)
	}
	return nil
}

func (c *call) checkRelease() error {
	for _, told := range []metadata.MD{c.header, c.trailer} {
		release := strings.Join(told.Get("release"), ",")
		if c.release == "" {
			c.release = release
		}
		if release != c.release || release == "" {
			return fmt.Errorf("messages by %q, header or trailers by %q", c.release, release)
		}
	}
	if number, err := strconv.Atoi(strings.TrimPrefix(c.release, "r")); err != nil || number < c.floor {
		return fmt.Errorf("answered by %s although r%d served when it was begun", c.release, c.floor)
	}
	return nil
}

func payload(text string) *pb.Payload { return &pb.Payload{Body: []byte(text)} }

func readFloor(file string) int {
	text, _ := os.ReadFile(file)
	number, _ := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(string(text)), "r"))
	return number
}
