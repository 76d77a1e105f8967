using System.Text;
using Mesh.Model;

namespace Mesh.Formats.RosBag;

/// <summary>The version line and the bag header record (format 2.0, "Bag header").</summary>
/// <param name="IsKnown">Whether the header could be read; what follows is 0 otherwise.</param>
/// <param name="Position">Where records begin: behind the version line.</param>
/// <param name="IndexPosition">Position of the index; 0 in a recording that was not closed.</param>
/// <param name="ConnectionCount">Connections in the index.</param>
/// <param name="ChunkCount">Chunks in the index.</param>
internal sealed record Ros1BagFileHeader(bool IsKnown, long Position, long IndexPosition, uint ConnectionCount, uint ChunkCount)
{
    /// <summary>Length of the bag header record, padding included, less its two length fields.</summary>
    public const int PaddedBytes = 4096;

    /// <summary>The version line.</summary>
    public static ReadOnlySpan<byte> Version => "#ROSBAG V2.0\n"u8;

    /// <summary>Reads it.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10400</c>: the bag is encrypted.</exception>
    public static async ValueTask<Ros1BagFileHeader> ReadAsync(IByteSource source, CancellationToken cancellationToken)
    {
        byte[] head = new byte[RecordingFormats.HeadBytes];
        int filled = await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
        int position = Version.Length;
        if (filled <= position || Ros1BagRecord.TryParse(head.AsSpan(position, filled - position), out var record) != Ros1BagParse.Record
            || record.Op != Ros1BagOp.BagHeader)
        {
            return new Ros1BagFileHeader(false, Math.Min(position, source.Length), 0, 0, 0);
        }

        var bytes = head.AsSpan(position);
        if (record.IsEncrypted(bytes))
        {
            throw new RecordingFormatException(Ros1BagLosses.Encrypted,
                $"'{source.Name}' is encrypted with {Encoding.UTF8.GetString(bytes[record.Text])}. Decrypt it where the key is, with `rosbag decompress` or `rosbag encrypt --plugin=rosbag/NoEncryptor`.");
        }

        return new Ros1BagFileHeader(true, position, (long)Math.Min(record.IndexPosition, long.MaxValue), record.ConnectionCount, record.ChunkCount);
    }
}
