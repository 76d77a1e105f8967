namespace Mesh.Formats;

/// <summary>Order in which a reader gives messages.</summary>
public enum RecordingOrder
{
    /// <summary>As they lie in the file: the fastest.</summary>
    File,

    /// <summary>By log time; messages of equal time as they lie in the file.</summary>
    LogTime,
}
