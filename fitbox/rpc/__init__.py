"""What the gRPC servers of both sides share: how they listen, whom they let in, and how they refuse."""
