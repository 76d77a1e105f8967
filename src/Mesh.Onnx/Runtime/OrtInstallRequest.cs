namespace Mesh.Onnx.Runtime;

/// <summary>Which library of ONNX Runtime to install.</summary>
public sealed record OrtInstallRequest
{
    /// <summary>Version; null: that of <see cref="Archive"/>, else <see cref="OrtPackages.DefaultVersion"/>.</summary>
    public string? Version { get; init; }

    /// <summary>An archive that <c>npm pack onnxruntime-node</c> wrote; null: npm fetches it.</summary>
    public string? Archive { get; init; }

    /// <summary>Digest of the archive, <c>sha512-</c> and base64; null: the one <see cref="OrtPackages"/> has. It alone counts when given.</summary>
    public string? Integrity { get; init; }
}
