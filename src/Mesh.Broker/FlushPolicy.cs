namespace Mesh.Broker;

/// <summary>When a produced batch counts as written.</summary>
public enum FlushPolicy
{
    /// <summary>Once it is in the page cache, as Kafka does: it survives the death of any process, not the loss of power.</summary>
    PageCache,

    /// <summary>Once it was synchronised to the disk; producers that write at the same time share a synchronisation.</summary>
    Fsync,
}
