namespace Mesh.Lakehouse.Recordings;

/// <summary>What a list of recordings is sorted by.</summary>
public enum RecordingSort
{
    /// <summary>When it became durable.</summary>
    Accepted,
    /// <summary>Size of the file.</summary>
    Size,
    /// <summary>Pseudonym of the vehicle, then the newest first.</summary>
    Vehicle,
    /// <summary>State: accepted, written, committed, dead-lettered.</summary>
    State,
    /// <summary>Places where damage was found.</summary>
    Losses,
}
