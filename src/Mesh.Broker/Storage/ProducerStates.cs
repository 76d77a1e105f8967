using Mesh.Broker.Protocol;
using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>
/// What the log remembers of idempotent producers (KIP-98): per producer the epoch and the last five batches, so that a repeated batch
/// is recognised and a missing one noticed. The log itself is the truth; a snapshot only spares reading it again.
/// </summary>
internal sealed class ProducerStates
{
    /// <summary>As many as a client may have in flight.</summary>
    private const int RememberedBatches = 5;

    /// <summary>Producers remembered per partition; beyond it the ones silent for longest are forgotten.</summary>
    private const int MaxProducers = 10_000;

    private const uint Magic = 0x3153504d; // "MPS1"
    private readonly Dictionary<long, Producer> producers = [];

    private readonly record struct Batch(int BaseSequence, int LastSequence, long BaseOffset);

    private sealed class Producer
    {
        public short Epoch;
        public long LastOffset;
        public readonly List<Batch> Batches = new(RememberedBatches);
    }

    public int Count => producers.Count;

    /// <summary>Whether the batch may be appended; a known one comes back with the offset it has.</summary>
    public ErrorCode Check(in RecordBatchHeader header, out long duplicateOf)
    {
        duplicateOf = -1;
        if (header.ProducerId < 0 || !producers.TryGetValue(header.ProducerId, out var producer)) return ErrorCode.None;
        if (header.ProducerEpoch < producer.Epoch) return ErrorCode.InvalidProducerEpoch;
        if (header.ProducerEpoch > producer.Epoch) return header.BaseSequence == 0 ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;

        foreach (var batch in producer.Batches)
        {
            if (batch.BaseSequence != header.BaseSequence || batch.LastSequence != header.LastSequence) continue;
            duplicateOf = batch.BaseOffset;
            return ErrorCode.None;
        }

        int expected = (int)(((long)producer.Batches[^1].LastSequence + 1) & int.MaxValue);
        return header.BaseSequence == expected ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
    }

    /// <summary>Takes note of a batch that is in the log.</summary>
    public void Record(in RecordBatchHeader header)
    {
        if (header.ProducerId < 0) return;
        if (!producers.TryGetValue(header.ProducerId, out var producer))
        {
            if (producers.Count >= MaxProducers) Forget();
            producers[header.ProducerId] = producer = new Producer();
        }

        if (producer.Epoch != header.ProducerEpoch) producer.Batches.Clear();
        producer.Epoch = header.ProducerEpoch;
        producer.LastOffset = header.LastOffset;
        if (producer.Batches.Count == RememberedBatches) producer.Batches.RemoveAt(0);
        producer.Batches.Add(new Batch(header.BaseSequence, header.LastSequence, header.BaseOffset));
    }

    public void Clear() => producers.Clear();

    /// <summary>Writes the state as of <paramref name="offset"/>.</summary>
    public async ValueTask SaveAsync(string path, long offset)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(offset);
        writer.Write(producers.Count);
        foreach (var (id, producer) in producers)
        {
            writer.Write(id);
            writer.Write(producer.Epoch);
            writer.Write(producer.LastOffset);
            writer.Write((byte)producer.Batches.Count);
            foreach (var batch in producer.Batches)
            {
                writer.Write(batch.BaseSequence);
                writer.Write(batch.LastSequence);
                writer.Write(batch.BaseOffset);
            }
        }

        writer.Write(Crc32C.Compute(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        await AtomicFile.WriteAsync(path, stream.GetBuffer().AsMemory(0, (int)stream.Length), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Reads a snapshot.</summary>
    /// <returns>The offset from which the log must be read on, or null when there is no usable snapshot.</returns>
    public long? TryLoad(string path, long endOffset)
    {
        if (!File.Exists(path)) return null;
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length < 20 || Crc32C.Compute(bytes.AsSpan(0, bytes.Length - 4)) != BitConverter.ToUInt32(bytes, bytes.Length - 4)) return null;

        using var reader = new BinaryReader(new MemoryStream(bytes));
        if (reader.ReadUInt32() != Magic) return null;
        long offset = reader.ReadInt64();

        // Ahead of the log: it was cut back since, so the snapshot knows batches that no longer exist.
        if (offset > endOffset) return null;
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            long id = reader.ReadInt64();
            var producer = new Producer { Epoch = reader.ReadInt16(), LastOffset = reader.ReadInt64() };
            int batches = reader.ReadByte();
            for (int b = 0; b < batches; b++) producer.Batches.Add(new Batch(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64()));
            producers[id] = producer;
        }

        return offset;
    }

    private void Forget()
    {
        foreach (long id in producers.OrderBy(pair => pair.Value.LastOffset).Take(MaxProducers / 10).Select(pair => pair.Key).ToList())
        {
            producers.Remove(id);
        }
    }
}
