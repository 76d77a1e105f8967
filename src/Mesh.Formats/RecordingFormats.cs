using Mesh.Formats.Mcap;
using Mesh.Model;

namespace Mesh.Formats;

/// <summary>Recognises recordings by their first bytes.</summary>
public static class RecordingFormats
{
    private const int HeadBytes = 32;

    // Formats that people do upload; naming them beats "unknown".
    private static readonly (byte[] Magic, string Name)[] LaterFormats =
    [
        ("MDF     "u8.ToArray(), "ASAM MDF"),
        ("UnFinMF "u8.ToArray(), "unfinalised ASAM MDF"),
        ("#ROSBAG V2.0"u8.ToArray(), "a ROS 1 bag"),
        ("#ROSRECORD"u8.ToArray(), "an old ROS 1 bag"),
        ("SQLite format 3\0"u8.ToArray(), "SQLite, as ROS 2 .db3 bags are"),
    ];

    private static readonly (byte[] Magic, string Name)[] Wrappings =
    [
        ([0x1f, 0x8b], "gzip"), ([0x28, 0xb5, 0x2f, 0xfd], "zstd"), ([0x04, 0x22, 0x4d, 0x18], "lz4"), ("BZh"u8.ToArray(), "bzip2"), ("PK\x03\x04"u8.ToArray(), "zip"),
    ];

    /// <summary>
    /// Opens a recording for reading forward. The reader owns <paramref name="source"/>, which is disposed also when this fails.
    /// </summary>
    /// <exception cref="RecordingFormatException">
    /// <c>MESH10001</c> empty file, <c>MESH10002</c> unknown format: the message says which formats are known and what was found;
    /// <c>MESH10003</c> a format that is recognised but not read yet.
    /// </exception>
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, CancellationToken cancellationToken) =>
        await McapRecordingReader.OpenAsync(source, null, cancellationToken).ConfigureAwait(false);

    /// <summary>Throws unless the source begins as an MCAP file does.</summary>
    internal static async ValueTask RequireMcapAsync(IByteSource source, CancellationToken cancellationToken)
    {
        if (source.Length == 0) throw new RecordingFormatException("MESH10001", $"'{source.Name}' is empty. Record or upload it again.");

        byte[] head = new byte[HeadBytes];
        int filled = await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
        Check(head.AsSpan(0, filled), source.Name);
    }

    private static void Check(ReadOnlySpan<byte> head, string name)
    {
        if (head.StartsWith(McapRecordLexer.Magic)) return;

        foreach (var (magic, format) in LaterFormats)
        {
            if (!head.StartsWith(magic)) continue;
            throw new RecordingFormatException("MESH10003",
                $"'{name}' is {format}; this version reads MCAP only, support for it comes later. Convert it to MCAP to use it now.");
        }

        foreach (var (magic, wrapping) in Wrappings)
        {
            if (!head.StartsWith(magic)) continue;
            throw new RecordingFormatException("MESH10002", $"'{name}' is compressed as a whole with {wrapping}, which hides its format. Decompress it first.");
        }

        string found = Convert.ToHexStringLower(head[..Math.Min(8, head.Length)]);
        throw new RecordingFormatException("MESH10002",
            $"'{name}' is not a known recording: it begins with bytes {found}, an MCAP file with 894d434150300d0a. Check that it is a recording and arrived whole.");
    }
}
