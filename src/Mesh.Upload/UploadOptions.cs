namespace Mesh.Upload;

/// <summary>What uploads are accepted.</summary>
public sealed record UploadOptions
{
    /// <summary>Folder of unfinished uploads; on the same file system as the landing area, so that finishing is a rename.</summary>
    public required string PartsFolder { get; init; }

    /// <summary>Largest recording accepted, in bytes (default: 1 TiB).</summary>
    public long MaxBytes { get; init; } = 1L << 40;

    /// <summary>Free disk space below which uploads are refused until there is room again, in bytes (default: 1 GiB).</summary>
    public long MinFreeBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Key that turns a vehicle identification number into a pseudonym (HMAC-SHA256). Without it, an id that looks like a VIN is refused.
    /// </summary>
    public string? VinKey { get; init; }

    /// <summary>How long an unfinished upload waits to be resumed, and how long the answer of a finished one can be asked for (default: 7 days).</summary>
    public TimeSpan SessionRetention { get; init; } = TimeSpan.FromDays(7);
}
