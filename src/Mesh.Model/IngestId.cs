using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Model;

/// <summary>
/// Identity of an upload: the same bytes from the same vehicle and session are the same upload, however often they arrive.
/// Lower-case hex SHA-256 over three fields, each preceded by its length as a big-endian 32-bit integer:
/// the 32 bytes of the content's SHA-256, the vehicle, the session (UTF-8; the session may be empty).
/// </summary>
public readonly record struct IngestId
{
    private readonly string? hex;

    private IngestId(string hex) => this.hex = hex;

    /// <summary>Computes the identity of an upload.</summary>
    /// <param name="contentSha256">SHA-256 of the whole file, 32 bytes.</param>
    /// <param name="vehicle">Pseudonym of the vehicle.</param>
    /// <param name="session">The producer's name for the drive; empty when it has none.</param>
    public static IngestId Compute(ReadOnlySpan<byte> contentSha256, string vehicle, string session = "")
    {
        if (contentSha256.Length != SHA256.HashSizeInBytes)
        {
            throw new ArgumentException($"A SHA-256 has {SHA256.HashSizeInBytes} bytes, not {contentSha256.Length}.", nameof(contentSha256));
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendField(hash, contentSha256);
        AppendField(hash, Encoding.UTF8.GetBytes(vehicle));
        AppendField(hash, Encoding.UTF8.GetBytes(session));
        return new IngestId(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Reads an identity from its text form.</summary>
    /// <exception cref="MeshException"><c>MESH1001</c> when the text is not 64 lower-case hexadecimal digits.</exception>
    public static IngestId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new MeshException("MESH1001", $"'{text}' is not an ingest id: expected 64 lower-case hexadecimal digits. `mesh recordings list` shows them.");

    /// <summary>Reads an identity from its text form, without an exception.</summary>
    public static bool TryParse(string? text, out IngestId id)
    {
        bool valid = text is { Length: 64 } && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");
        id = valid ? new IngestId(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => hex ?? "";

    private static void AppendField(IncrementalHash hash, ReadOnlySpan<byte> field)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, field.Length);
        hash.AppendData(length);
        hash.AppendData(field);
    }
}
