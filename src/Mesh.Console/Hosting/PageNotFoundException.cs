using Mesh.Model;

namespace Mesh.Console.Hosting;

/// <summary>What an address names is not there: answered with 404.</summary>
/// <param name="message">What there is not, and where to look.</param>
/// <param name="near">Addresses of things with similar names, with what they are called.</param>
public sealed class PageNotFoundException(string message, params (string Url, string Text)[] near) : MeshException("MESH13001", message)
{
    /// <summary>Addresses of things with similar names.</summary>
    public IReadOnlyList<(string Url, string Text)> Near { get; } = near;
}
