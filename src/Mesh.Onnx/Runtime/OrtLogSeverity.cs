namespace Mesh.Onnx.Runtime;

/// <summary>How much ONNX Runtime writes to standard error.</summary>
public enum OrtLogSeverity
{
    /// <summary>Everything.</summary>
    Verbose = 0,
    /// <summary>What it does.</summary>
    Information = 1,
    /// <summary>What may be wrong, such as weights nobody uses.</summary>
    Warning = 2,
    /// <summary>What failed.</summary>
    Error = 3,
    /// <summary>What ends the process.</summary>
    Fatal = 4,
}
