namespace Mesh.Broker.Storage;

/// <summary>Answers for a walk through the log in offset order whether a producer's records at a place were aborted.</summary>
internal sealed class AbortedRecords
{
    private readonly Dictionary<long, List<TransactionIndex.Aborted>> byProducer = [];

    public AbortedRecords(IReadOnlyList<TransactionIndex.Aborted> aborted)
    {
        foreach (var entry in aborted)
        {
            if (!byProducer.TryGetValue(entry.ProducerId, out var list)) byProducer[entry.ProducerId] = list = [];
            list.Add(entry);
        }
    }

    public bool Contains(long producerId, long offset)
    {
        if (!byProducer.TryGetValue(producerId, out var list)) return false;
        int low = 0, high = list.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (list[middle].Marker < offset) low = middle + 1;
            else high = middle;
        }

        return low < list.Count && list[low].FirstOffset <= offset;
    }
}
