namespace Mesh.Commands.Signals;

/// <summary>The JSON header of a window on the wire. Times in nanoseconds since 1970 are texts; <c>from</c> and <c>to</c> are seconds since <c>start</c>.</summary>
internal sealed record SignalWireHeader(string Start, string FromNs, string ToNs, double From, double To, int Columns, IReadOnlyList<SignalWireSeries> Signals);
