using Mesh.Broker.Protocol;
using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>
/// What the log remembers of idempotent producers (KIP-98): per producer the epoch and the last five batches, so that a repeated batch
/// is recognised and a missing one noticed; and the partition's transactions. The log itself is the truth; a snapshot only spares reading
/// it again. A producer it does not know may begin with any sequence number, as in Kafka since 2.5 (KIP-360).
/// </summary>
internal sealed class ProducerStates
{
    /// <summary>As many as a client may have in flight.</summary>
    private const int RememberedBatches = 5;

    /// <summary>Producers remembered per partition; beyond it the ones silent for longest are forgotten.</summary>
    private const int MaxProducers = 10_000;

    private const uint Magic = 0x3253504d; // "MPS2"
    private readonly Dictionary<long, Producer> producers = [];

    private readonly record struct Batch(int BaseSequence, int LastSequence, long BaseOffset);

    private sealed class Producer
    {
        public short Epoch;
        public long LastOffset = -1;
        public long LastTimeMs;
        public readonly List<Batch> Batches = new(RememberedBatches);
    }

    public int Count => producers.Count;

    public TransactionIndex Transactions { get; } = new();

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

        int expected = producer.Batches.Count == 0 ? 0 : (int)(((long)producer.Batches[^1].LastSequence + 1) & int.MaxValue);
        return header.BaseSequence == expected ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
    }

    /// <summary>Whether a marker may be appended.</summary>
    public ErrorCode CheckMarker(long producerId, short epoch) =>
        producers.TryGetValue(producerId, out var producer) && epoch < producer.Epoch ? ErrorCode.InvalidProducerEpoch : ErrorCode.None;

    /// <summary>Takes note of a client's batch that is in the log.</summary>
    public void Record(in RecordBatchHeader header, long timeMs)
    {
        if (header.ProducerId < 0) return;
        var producer = Of(header.ProducerId, header.ProducerEpoch, timeMs);
        producer.LastOffset = header.LastOffset;
        if (producer.Batches.Count == RememberedBatches) producer.Batches.RemoveAt(0);
        producer.Batches.Add(new Batch(header.BaseSequence, header.LastSequence, header.BaseOffset));
        if (header.IsTransactional) Transactions.Append(header.ProducerId, header.BaseOffset);
    }

    /// <summary>Takes note of a marker that is in the log: the producer's older epochs are fenced from here on.</summary>
    public void RecordMarker(in RecordBatchHeader header, bool commit, long timeMs)
    {
        Of(header.ProducerId, header.ProducerEpoch, timeMs);
        Transactions.End(header.ProducerId, header.BaseOffset, commit);
    }

    /// <summary>Fences a producer's older epochs without a marker.</summary>
    public void Fence(long producerId, short epoch, long timeMs)
    {
        if (producers.ContainsKey(producerId)) Of(producerId, epoch, timeMs);
    }

    /// <summary>Producers with a transaction open, and the epoch that may end it.</summary>
    public IReadOnlyList<(long ProducerId, short Epoch)> OpenTransactions() =>
        [.. Transactions.Open.Select(id => (id, producers.TryGetValue(id, out var producer) ? producer.Epoch : (short)0))];

    /// <summary>The last offset of each producer's last batch, which compaction keeps for its sequence number.</summary>
    public HashSet<long> LastOffsets() => [.. producers.Values.Select(producer => producer.LastOffset)];

    /// <summary>Forgets producers that were silent too long and have no transaction open.</summary>
    public void Expire(long beforeMs)
    {
        foreach (var (id, producer) in producers)
        {
            if (producer.LastTimeMs < beforeMs && !Transactions.IsOpen(id)) producers.Remove(id);
        }
    }

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
            writer.Write(producer.LastTimeMs);
            writer.Write((byte)producer.Batches.Count);
            foreach (var batch in producer.Batches)
            {
                writer.Write(batch.BaseSequence);
                writer.Write(batch.LastSequence);
                writer.Write(batch.BaseOffset);
            }
        }

        Transactions.Write(writer);
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

        using var reader = new BinaryReader(new MemoryStream(bytes, 0, bytes.Length - 4));
        if (reader.ReadUInt32() != Magic) return null;
        long offset = reader.ReadInt64();

        // Ahead of the log: it was cut back since, so the snapshot knows batches that no longer exist, also when the log has grown again.
        if (offset > endOffset)
        {
            File.Delete(path);
            return null;
        }

        try
        {
            int count = reader.ReadInt32();
            for (int i = 0; i < count; i++)
            {
                long id = reader.ReadInt64();
                var producer = new Producer { Epoch = reader.ReadInt16(), LastOffset = reader.ReadInt64(), LastTimeMs = reader.ReadInt64() };
                int batches = reader.ReadByte();
                for (int b = 0; b < batches; b++) producer.Batches.Add(new Batch(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64()));
                producers[id] = producer;
            }

            Transactions.Read(reader);
            return offset;
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    private Producer Of(long id, short epoch, long timeMs)
    {
        if (!producers.TryGetValue(id, out var producer))
        {
            if (producers.Count >= MaxProducers) Forget();
            producers[id] = producer = new Producer { Epoch = epoch };
        }

        if (producer.Epoch != epoch) producer.Batches.Clear();
        producer.Epoch = epoch;
        producer.LastTimeMs = timeMs;
        return producer;
    }

    private void Forget()
    {
        foreach (long id in producers.Where(pair => !Transactions.IsOpen(pair.Key)).OrderBy(pair => pair.Value.LastTimeMs).Take(MaxProducers / 10).Select(pair => pair.Key).ToList())
        {
            producers.Remove(id);
        }
    }
}
