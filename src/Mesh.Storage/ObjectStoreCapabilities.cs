namespace Mesh.Storage;

/// <summary>What an object store can do beyond reading and writing.</summary>
[Flags]
public enum ObjectStoreCapabilities
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="PutMode.IfAbsent"/> is decided by the store, whoever else writes.</summary>
    ConditionalPut = 1,

    /// <summary>Objects carry tags.</summary>
    Tags = 2,

    /// <summary>The store moves and deletes objects by itself, by rules.</summary>
    Lifecycle = 4,

    /// <summary>Objects can be moved between storage classes.</summary>
    StorageClasses = 8,
}
