namespace Mesh.Formats.Mdf4;

/// <summary>Whether a variable-length value is at hand.</summary>
internal enum Mdf4ValueAnswer
{
    /// <summary>Here it is.</summary>
    Found,
    /// <summary>It was let go of.</summary>
    Earlier,
    /// <summary>It has not come yet.</summary>
    Later,
    /// <summary>No value begins there.</summary>
    None,
}
