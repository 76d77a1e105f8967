namespace Mesh.Lakehouse.Maintenance;

/// <summary>How compaction arranges rows.</summary>
public enum CompactionStrategy
{
    /// <summary>Small files of a partition become larger ones; rows keep their order.</summary>
    BinPack,
    /// <summary>All files of a partition are rewritten in order.</summary>
    Sort,
}
