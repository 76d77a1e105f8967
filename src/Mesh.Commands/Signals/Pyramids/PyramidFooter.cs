using System.Buffers.Binary;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>
/// What is in a pyramid file. The file is: magic (8 bytes), chunks of samples, levels, runs, chunk entries, this as JSON, its length as a
/// little-endian 32-bit number, magic. Arrays are little-endian and begin at multiples of 8.
/// </summary>
internal sealed record PyramidFooter
{
    /// <summary>Version of the format; a file of another one is built anew.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Bytes behind the JSON.</summary>
    public const int TailBytes = 12;

    /// <summary>Longest JSON that is read.</summary>
    private const int MaxJsonBytes = 64 << 20;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>First and last bytes of a file.</summary>
    public static ReadOnlySpan<byte> Magic => "MESHSIG1"u8;

    /// <summary>Version of the format.</summary>
    public required int Version { get; init; }

    /// <summary>Table that the samples are from.</summary>
    public required string Table { get; init; }

    /// <summary>Recording that they are of.</summary>
    public required string Recording { get; init; }

    /// <summary>Digest of the data files and deletes that they were read from.</summary>
    public required string Source { get; init; }

    /// <summary>The channels.</summary>
    public required IReadOnlyList<PyramidChannel> Channels { get; init; }

    /// <summary>The footer with its length and the magic.</summary>
    public byte[] ToBytes()
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, Json);
        byte[] bytes = new byte[json.Length + TailBytes];
        json.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(json.Length), json.Length);
        Magic.CopyTo(bytes.AsSpan(json.Length + 4));
        return bytes;
    }

    /// <summary>Reads the footer of a file.</summary>
    /// <exception cref="MeshException"><c>MESH13103</c>: it is not one.</exception>
    public static async ValueTask<PyramidFooter> ReadAsync(IByteSource file, CancellationToken cancellationToken)
    {
        byte[] tail = new byte[(int)Math.Min(file.Length, 64 << 10)];
        int read = await file.ReadAtAsync(file.Length - tail.Length, tail, cancellationToken).ConfigureAwait(false);
        if (read < tail.Length || tail.Length < TailBytes + 8 || !tail.AsSpan(^8..).SequenceEqual(Magic)) throw Damaged(file, "its end is not that of a pyramid");
        int length = BinaryPrimitives.ReadInt32LittleEndian(tail.AsSpan(tail.Length - TailBytes));
        if (length is <= 0 or > MaxJsonBytes || length > file.Length - TailBytes - 8) throw Damaged(file, $"its footer cannot have {length} bytes");
        byte[] json = tail;
        int from = tail.Length - TailBytes - length;
        if (from < 0)
        {
            json = new byte[length];
            from = 0;
            if (await file.ReadAtAsync(file.Length - TailBytes - length, json, cancellationToken).ConfigureAwait(false) < length) throw Damaged(file, "it is cut off");
        }

        try
        {
            var footer = JsonSerializer.Deserialize<PyramidFooter>(json.AsSpan(from, length), Json) ?? throw Damaged(file, "its footer is null");
            return footer.Version == CurrentVersion ? footer : throw Damaged(file, $"it has version {footer.Version}");
        }
        catch (JsonException exception)
        {
            throw Damaged(file, exception.Message);
        }
    }

    /// <summary>The error of a file that is not what it should be.</summary>
    public static MeshException Damaged(IByteSource file, string why) =>
        new("MESH13103", $"The signal pyramid '{file.Name}' is damaged: {why}. Delete it; it is built again from the table.");
}
