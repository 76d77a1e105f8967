using Mesh.Model;

namespace Mesh.Upload;

/// <summary>An upload is not taken.</summary>
/// <param name="statusCode">HTTP status that says so.</param>
/// <param name="code">Stable code.</param>
/// <param name="message">Why, and what to do.</param>
/// <param name="isTransient">Whether the same upload can be taken later.</param>
public sealed class UploadRefusedException(int statusCode, string code, string message, bool isTransient = false)
    : MeshException(code, message, isTransient)
{
    /// <summary>HTTP status.</summary>
    public int StatusCode { get; } = statusCode;

    /// <summary>When it is worth to try again; null when there is nothing to wait for.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
