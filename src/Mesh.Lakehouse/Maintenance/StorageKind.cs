namespace Mesh.Lakehouse.Maintenance;

/// <summary>What an object of a table is for.</summary>
public enum StorageKind
{
    /// <summary>Rows, or row-level deletes, of the table as it is.</summary>
    Current,
    /// <summary>Files that only earlier snapshots have: expiry frees them.</summary>
    History,
    /// <summary>Metadata files, manifest lists, manifests, statistics.</summary>
    Metadata,
    /// <summary>Nothing refers to them: orphan removal frees them once they are old enough.</summary>
    Unreferenced,
}
