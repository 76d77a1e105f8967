namespace Mesh.Upload;

/// <summary>How recordings are sent.</summary>
public sealed record UploadClientOptions
{
    /// <summary>Base address of the server, <c>http://127.0.0.1:8480</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>Bearer token; null when the server asks for none.</summary>
    public string? Token { get; init; }

    /// <summary>How often a broken connection is taken up again before giving up (default: 8; waits double from 250 ms to 10 s).</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>
    /// Longest wait for a quota that the server may ask for (default: 10 minutes). When it asks for more, the upload ends as refused, with the
    /// reason, and can be sent later.
    /// </summary>
    public TimeSpan MaxQuotaWait { get; init; } = TimeSpan.FromMinutes(10);
}
