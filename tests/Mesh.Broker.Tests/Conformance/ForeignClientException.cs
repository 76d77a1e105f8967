namespace Mesh.Broker.Tests.Conformance;

/// <summary>An error that a client reported, in its own words.</summary>
internal sealed class ForeignClientException(string message, string? stack = null) : Exception(message)
{
    /// <summary>Where in the client.</summary>
    public string? ClientStack { get; } = stack;

    public override string ToString() => $"{Message}\n{ClientStack}";
}
