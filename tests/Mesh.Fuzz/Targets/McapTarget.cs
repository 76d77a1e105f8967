using System.Buffers.Binary;
using Mesh.Formats.Mcap;
using Mesh.Simulation;

namespace Mesh.Fuzz.Targets;

/// <summary>MCAP. Where only bytes under a chunk's checksum are changed, nothing may be delivered that was not recorded.</summary>
public sealed class McapTarget : RecordingTarget
{
    private const int ChunkOpcode = 6;

    private readonly List<(FuzzSample Sample, List<(int Start, int Length)> Protected)> checkedSamples = [];

    /// <inheritdoc/>
    public override string Name => "mcap";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken)
    {
        FuzzSample[] samples =
        [
            .. Corpus.Find(".mcap"), await GeneratedSamples.McapAsync(McapCompression.None, DriveSchema.Ros2), await GeneratedSamples.McapAsync(McapCompression.Lz4, DriveSchema.Ros2),
            await GeneratedSamples.McapAsync(McapCompression.Zstd, DriveSchema.Protobuf), await GeneratedSamples.McapAsync(McapCompression.Zstd, DriveSchema.Ros2, chunkBytes: 400 << 10),
        ];
        foreach (var sample in samples)
        {
            var chunks = FindProtected(sample.Bytes);
            if (chunks.Count == 0 || await RecordingExercise.ReadAsync(sample, RecordingExercise.Limits, cancellationToken) is not { Count: > 0 } messages) continue;
            checkedSamples.Add((sample with { Superset = messages.ToHashSet() }, chunks));
        }

        return samples;
    }

    /// <inheritdoc/>
    public override ValueTask<FuzzSample> MutateAsync(IReadOnlyList<FuzzSample> samples, Random random, CancellationToken cancellationToken)
    {
        if (random.Next(3) > 0) return base.MutateAsync(samples, random, cancellationToken);
        var (sample, chunks) = checkedSamples[random.Next(checkedSamples.Count)];
        byte[] bytes = [.. sample.Bytes];
        for (int flips = random.Next(1, 4); flips > 0; flips--)
        {
            var (start, length) = chunks[random.Next(chunks.Count)];
            bytes[start + random.Next(length)] ^= (byte)(1 << random.Next(8));
        }

        return new(sample with { Bytes = bytes });
    }

    /// <summary>The records of chunks that have a checksum (specification, "Chunk (op=0x06)").</summary>
    private static List<(int Start, int Length)> FindProtected(byte[] file)
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
