using System.Security.Cryptography.X509Certificates;

namespace Mesh.Training.Kubernetes;

/// <summary>Where a cluster's API server is, and how Mesh proves who it is.</summary>
internal sealed record ClusterAccess
{
    /// <summary>Address of the API server.</summary>
    public required Uri Server { get; init; }

    /// <summary>Namespace when nobody says otherwise.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Authorities of the server's certificate; empty for those of the system.</summary>
    public X509Certificate2Collection Authorities { get; init; } = [];

    /// <summary>Certificate of ours; null for none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Bearer token, asked for each request because tokens in files are replaced; null for none.</summary>
    public Func<string?> Token { get; init; } = () => null;
}
