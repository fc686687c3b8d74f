// The gRPC service of the loss test in Go: the interface of gRPC's own interoperability tests. Every
// message of an answer begins with the release that made it, and so do its header and trailers.
//
//	service PORT
package main

import (
	"context"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"google.golang.org/grpc"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
)

const RELEASE = "r0"

type service struct {
	pb.UnimplementedTestServiceServer
}

func main() {
	listener, err := net.Listen("tcp", ":"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(tellUnary), grpc.StreamInterceptor(tellStream))
	pb.RegisterTestServiceServer(server, service{})
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-asked
		server.GracefulStop()
	}()
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}

var told = metadata.Pairs("release", RELEASE)

func tellUnary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	grpc.SetHeader(ctx, told)
	grpc.SetTrailer(ctx, told)
	return handle(ctx, request)
}

func tellStream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	stream.SetHeader(told)
	stream.SetTrailer(told)
	return handle(server, stream)
}

func answer(text string) *pb.Payload { return &pb.Payload{Body: []byte(RELEASE + " " + text)} }

func (service) UnaryCall(_ context.Context, r *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return &pb.SimpleResponse{Payload: answer(string(r.GetPayload().GetBody()))}, nil
}

func (service) StreamingOutputCall(r *pb.StreamingOutputCallRequest, stream pb.TestService_StreamingOutputCallServer) error {
	for i, wanted := range r.GetResponseParameters() {
		time.Sleep(time.Duration(wanted.GetIntervalUs()) * time.Microsecond)
		text := string(r.GetPayload().GetBody()) + " " + strconv.Itoa(i)
		if err := stream.Send(&pb.StreamingOutputCallResponse{Payload: answer(text)}); err != nil {
			return err
		}
	}
	return nil
}

func (service) StreamingInputCall(stream pb.TestService_StreamingInputCallServer) error {
	var size int32
	for {
		r, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&pb.StreamingInputCallResponse{AggregatedPayloadSize: size})
		}
		if err != nil {
			return err
		}
		size += int32(len(r.GetPayload().GetBody()))
	}
}

func (service) FullDuplexCall(stream pb.TestService_FullDuplexCallServer) error {
	for {
		r, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		text := string(r.GetPayload().GetBody())
		if err := stream.Send(&pb.StreamingOutputCallResponse{Payload: answer(text)}); err != nil {
			return err
		}
	}
}
