namespace Mesh.Onnx.Runtime;

/// <summary>Where a library of ONNX Runtime was found.</summary>
public enum OnnxRuntimeSource
{
    /// <summary>A setting or an environment variable names it.</summary>
    Configured,
    /// <summary>Mesh installed it (`mesh runtime install`).</summary>
    Installed,
    /// <summary>It came with the program, from Microsoft's package.</summary>
    Application,
    /// <summary>A library folder of the system has it.</summary>
    System,
}
