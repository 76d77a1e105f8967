using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Handoff.Signing;

/// <summary>
/// Whom the receiving side trusts, <c>mesh.trust/v1</c> (<c>schemas/handoff-trust.schema.json</c>): brought to it once, by another way than the
/// bundles. Without it a bundle vouches for its own keys.
/// </summary>
public sealed record TrustFile
{
    /// <summary>The form's name and version.</summary>
    public const string SchemaName = "mesh.trust/v1";

    /// <summary>The builder that Mesh is itself: it starts trainers as processes of its own.</summary>
    public const string KnownBuilder = Provenance.ProvenanceWriter.Builder;

    private const long MaxBytes = 4 << 20;

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>Keys that may sign: the server's with its builders, and those of people who decide.</summary>
    public required IReadOnlyList<TrustedSigner> Signers { get; init; }

    /// <summary>Digests of lifecycles that are accepted; none for any.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>An entry of the decision log that is known from before and must be in every bundle's; null for none.</summary>
    public string? Anchor { get; init; }

    /// <summary>The file's bytes.</summary>
    public byte[] ToUtf8() => HandoffJson.Write(this);

    /// <summary>Reads a file.</summary>
    /// <exception cref="MeshException"><c>MESH9503</c> when it cannot be read or is none.</exception>
    public static TrustFile Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new MeshException("MESH9503", $"'{path}' has more than {MaxBytes:N0} bytes and so is no trust file. `mesh models trust -o FILE` writes one.");
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9503", $"The trust file '{path}' cannot be read: {exception.Message} `mesh models trust -o FILE` writes one where the models come from.", innerException: exception);
        }
    }

    internal static TrustFile Parse(ReadOnlySpan<byte> bytes, string path)
    {
        var file = HandoffJson.Read<TrustFile>(bytes, "MESH9503", $"The trust file '{path}'");
        if (file.Schema != SchemaName) throw new MeshException("MESH9503", $"'{path}' is no {SchemaName}; its schema is '{file.Schema}'.");
        foreach (var signer in file.Signers)
        {
            if (SigningKey.FingerprintOf(signer.PublicKey) != signer.KeySha256) throw new MeshException("MESH9503", $"In '{path}' the key of {signer.Name} has not the fingerprint {signer.KeySha256}.");
        }

        return file;
    }
}
