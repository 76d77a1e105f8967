namespace Mesh.Formats;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Unusual or wasteful, but allowed by the specification and read by every reader.</summary>
    Note,

    /// <summary>Against a recommendation, or readers are known to differ.</summary>
    Warning,

    /// <summary>Breaks the specification.</summary>
    Error,
}
