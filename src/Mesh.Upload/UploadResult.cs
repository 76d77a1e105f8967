namespace Mesh.Upload;

/// <summary>The producer's answer.</summary>
public enum UploadResult
{
    /// <summary>Not all bytes are there yet.</summary>
    Incomplete,
    /// <summary>Durable, and announced or about to be.</summary>
    Accepted,
    /// <summary>The same bytes of the same vehicle and session are there already.</summary>
    Duplicate,
    /// <summary>Not taken; nothing is kept.</summary>
    Refused,
}
