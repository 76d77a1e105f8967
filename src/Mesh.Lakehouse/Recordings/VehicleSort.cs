namespace Mesh.Lakehouse.Recordings;

/// <summary>What a list of vehicles is sorted by.</summary>
public enum VehicleSort
{
    /// <summary>When its last recording was accepted.</summary>
    LastUpload,
    /// <summary>Pseudonym.</summary>
    Vehicle,
    /// <summary>Number of recordings.</summary>
    Recordings,
    /// <summary>Bytes of its recordings.</summary>
    Bytes,
    /// <summary>Places where damage was found.</summary>
    Losses,
}
