"""The sockets: WebSockets and HTTP on one port."""
