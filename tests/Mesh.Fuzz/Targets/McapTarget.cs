using System.Buffers.Binary;
using Mesh.Formats.Mcap;
using Mesh.Simulation;

namespace Mesh.Fuzz.Targets;

/// <summary>MCAP.</summary>
public sealed class McapTarget : RecordingTarget
{
    private const int ChunkOpcode = 6;

    /// <inheritdoc/>
    public override string Name => "mcap";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken) =>
    [
        .. Corpus.Find(".mcap"), await GeneratedSamples.McapAsync(McapCompression.None, DriveSchema.Ros2), await GeneratedSamples.McapAsync(McapCompression.Lz4, DriveSchema.Ros2),
        await GeneratedSamples.McapAsync(McapCompression.Zstd, DriveSchema.Protobuf), await GeneratedSamples.McapAsync(McapCompression.Zstd, DriveSchema.Ros2, chunkBytes: 400 << 10),
    ];

    /// <summary>The records of chunks that have a checksum (specification, "Chunk (op=0x06)").</summary>
    protected override List<(int Start, int Length)> FindProtected(byte[] file)
    {
        List<(int Start, int Length)> found = [];
        for (int at = 8; at + 9 <= file.Length;)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at + 1));
            if (length > (ulong)(file.Length - at - 9)) break;
            var content = file.AsSpan(at + 9, (int)length);
            if (file[at] == ChunkOpcode && content.Length > 40 && BinaryPrimitives.ReadUInt32LittleEndian(content[24..]) != 0)
            {
                int records = 32 + BinaryPrimitives.ReadInt32LittleEndian(content[28..]) + 8;
                if (records < content.Length) found.Add((at + 9 + records, content.Length - records));
            }

            at += 9 + (int)length;
        }

        return found;
    }
}
