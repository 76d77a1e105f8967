namespace Mesh.Cli.Doctor;

/// <summary>How a part of the installation is.</summary>
internal enum CheckState
{
    /// <summary>As it should be.</summary>
    Ok,
    /// <summary>Works, but something will be slower, missing or in the way.</summary>
    Warn,
    /// <summary>Mesh would not start, or would fail at its work.</summary>
    Fail,
}
