namespace Mesh.Broker.Protocol;

/// <summary>The bytes are not a request of the protocol. The connection they came on is closed; nothing else is affected.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
