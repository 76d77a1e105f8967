namespace Mesh.Lakehouse.Iceberg;

/// <summary>Which delete files apply to which data files (Iceberg specification, "Scan Planning").</summary>
internal sealed class DeleteIndex
{
    private readonly Dictionary<string, List<Delete>> byFile = new(StringComparer.Ordinal);
    private readonly Dictionary<PartitionKey, List<Delete>> byPartition = [];
    private readonly List<Delete> everywhere = [];

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => byFile.Count == 0 && byPartition.Count == 0 && everywhere.Count == 0;

    /// <summary>Adds a delete file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="sequenceNumber">Its data sequence number.</param>
    /// <param name="specId">Spec of its partition.</param>
    /// <param name="specFields">Fields of that spec: equality deletes of an unpartitioned spec apply to all files.</param>
    public void Add(DataFile file, long sequenceNumber, int specId, int specFields)
    {
        var delete = new Delete(file, sequenceNumber);
        if (file.ReferencedDataFile is { } only) Into(byFile, only, delete);
        else if (file.Content == DataFileContent.EqualityDeletes && specFields == 0) everywhere.Add(delete);
        else Into(byPartition, new PartitionKey(specId, file.Partition), delete);
    }

    /// <summary>Delete files that apply to a data file.</summary>
    public IReadOnlyList<DataFile> Find(DataFile file, long sequenceNumber, int specId)
    {
        if (IsEmpty) return [];
        List<DataFile>? found = null;
        if (byFile.TryGetValue(file.Uri, out var own)) Collect(own, sequenceNumber, ref found);
        if (byPartition.Count > 0 && byPartition.TryGetValue(new PartitionKey(specId, file.Partition), out var shared)) Collect(shared, sequenceNumber, ref found);
        Collect(everywhere, sequenceNumber, ref found);
        return found ?? (IReadOnlyList<DataFile>)[];
    }

    private static void Collect(List<Delete> deletes, long sequenceNumber, ref List<DataFile>? found)
    {
        foreach (var delete in deletes)
        {
            // An equality delete spares rows that its own commit added; a position delete names the file.
            bool applies = delete.File.Content == DataFileContent.EqualityDeletes ? sequenceNumber < delete.SequenceNumber : sequenceNumber <= delete.SequenceNumber;
            if (applies) (found ??= []).Add(delete.File);
        }
    }

    private static void Into<TKey>(Dictionary<TKey, List<Delete>> index, TKey key, Delete delete) where TKey : notnull
    {
        if (!index.TryGetValue(key, out var deletes)) index.Add(key, deletes = []);
        deletes.Add(delete);
    }

    private readonly record struct Delete(DataFile File, long SequenceNumber);
}
