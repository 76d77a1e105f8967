using Mesh.Formats.Bus;
using Mesh.Formats.Bus.Asc;
using Mesh.Formats.Bus.Blf;
using Mesh.Formats.Bus.Trc;
using Mesh.Formats.Mcap;
using Mesh.Formats.Mdf3;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Ros2Bag;
using Mesh.Formats.RosBag;
using Mesh.Formats.Spooling;
using Mesh.Model;

namespace Mesh.Formats;

/// <summary>Recognises recordings by their first bytes and opens them.</summary>
public static class RecordingFormats
{
    /// <summary>Bytes at the start that tell a format.</summary>
    internal const int HeadBytes = 4096;

    /// <summary>
    /// Opens a recording for reading forward. The reader owns <paramref name="source"/>, which is disposed also when this fails.
    /// </summary>
    /// <exception cref="RecordingFormatException">
    /// <c>MESH10001</c> empty file, <c>MESH10002</c> unknown format: the message says which formats are known and what was found;
    /// others when nothing of the recording can be read.
    /// </exception>
    public static ValueTask<RecordingReader> OpenAsync(IByteSource source, CancellationToken cancellationToken) =>
        OpenAsync(source, new RecordingReaderOptions(), cancellationToken);

    /// <inheritdoc cref="OpenAsync(IByteSource, CancellationToken)"/>
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        byte[] head = new byte[HeadBytes];
        RecordingFormat? format;
        DataLoss? wrapLoss = null;
        try
        {
            int filled = await ReadHeadAsync(source, head, cancellationToken).ConfigureAwait(false);
            if (Wrapped.IsWrapped(head.AsSpan(0, filled)))
            {
                (source, wrapLoss) = await Wrapped.UnwrapAsync(source, options, cancellationToken).ConfigureAwait(false);
                filled = await ReadHeadAsync(source, head, cancellationToken).ConfigureAwait(false);
            }

            format = Recognise(head.AsSpan(0, filled)) ?? throw Unknown(head.AsSpan(0, filled), source.Name);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var asked = options;
        options = BusFrames.InnerOptions(format.Value, asked);
        var reader = format switch
        {
            RecordingFormat.Mcap => await McapRecordings.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Mdf4 => await Mdf4RecordingReader.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Mdf3 => await Mdf3RecordingReader.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Ros1Bag => await Ros1BagReader.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Ros2Bag => await Ros2BagReader.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Blf => await BlfRecordingReader.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
            RecordingFormat.Asc => await AscRecordingReader.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
            _ => await TrcRecordingReader.OpenAsync(source, options, cancellationToken).ConfigureAwait(false),
        };
        if (wrapLoss is not null) reader = new UnwrappedRecordingReader(reader, wrapLoss);
        return BusFrames.Wrap(reader, asked);
    }

    /// <summary>The format that begins like this; null when none does.</summary>
    internal static RecordingFormat? Recognise(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(McapRecordLexer.Magic)) return RecordingFormat.Mcap;
        if (head.StartsWith("MDF     "u8) || head.StartsWith("UnFinMF "u8))
        {
            // Identification block: the version is text at byte 8, for example "4.10    ".
            return head.Length > 8 && head[8] is (byte)'2' or (byte)'3' ? RecordingFormat.Mdf3 : RecordingFormat.Mdf4;
        }

        if (head.StartsWith("#ROSBAG V2.0"u8)) return RecordingFormat.Ros1Bag;
        if (head.StartsWith("SQLite format 3\0"u8)) return RecordingFormat.Ros2Bag;
        if (head.StartsWith("LOGG"u8)) return RecordingFormat.Blf;
        if (AscRecordingReader.IsAsc(head)) return RecordingFormat.Asc;
        return TrcRecordingReader.IsTrc(head) ? RecordingFormat.Trc : null;
    }

    /// <summary>Throws unless the source begins as an MCAP file does.</summary>
    internal static async ValueTask RequireMcapAsync(IByteSource source, CancellationToken cancellationToken)
    {
        byte[] head = new byte[HeadBytes];
        int filled = await ReadHeadAsync(source, head, cancellationToken).ConfigureAwait(false);
        if (!head.AsSpan(0, filled).StartsWith(McapRecordLexer.Magic)) throw Unknown(head.AsSpan(0, filled), source.Name);
    }

    private static async ValueTask<int> ReadHeadAsync(IByteSource source, byte[] head, CancellationToken cancellationToken)
    {
        if (source.Length == 0) throw new RecordingFormatException("MESH10001", $"'{source.Name}' is empty. Record or upload it again.");
        return await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
    }

    private static RecordingFormatException Unknown(ReadOnlySpan<byte> head, string name)
    {
        string found = Convert.ToHexStringLower(head[..Math.Min(8, head.Length)]);
        string what = head.StartsWith("#ROSRECORD"u8) || head.StartsWith("#ROSBAG V1"u8)
            ? "is a ROS bag of a format before 2.0 (2010 and earlier); run `rosbag fix` on it"
            : head.StartsWith("PK\x03\x04"u8)
                ? "is a zip archive, which hides its format; unpack it"
                : $"is not a known recording: it begins with bytes {found}; known are MCAP, MDF, ROS 1 and ROS 2 bags, BLF, ASC and TRC, also compressed with zstd, gzip, lz4 or bzip2. Check that it is a recording and arrived whole";
        return new RecordingFormatException("MESH10002", $"'{name}' {what}.");
    }
}
