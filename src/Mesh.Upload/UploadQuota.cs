namespace Mesh.Upload;

/// <summary>How much one producer, or one vehicle, may upload. Zero means as much as it likes.</summary>
public sealed record UploadQuota
{
    /// <summary>Bytes in any 24 hours: what was not used comes back evenly over the day (default: 0, no limit).</summary>
    public long BytesPerDay { get; init; }

    /// <summary>Bytes per second, over all its uploads; who sends faster is read more slowly (default: 0, no limit).</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>Uploads that send at a time (default: 0, no limit).</summary>
    public int Concurrent { get; init; }

    /// <summary>Whether anything is limited.</summary>
    public bool IsLimited => BytesPerDay > 0 || BytesPerSecond > 0 || Concurrent > 0;
}
