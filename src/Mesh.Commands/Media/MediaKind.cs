namespace Mesh.Commands.Media;

/// <summary>What the messages of a channel show.</summary>
public enum MediaKind
{
    /// <summary>Nothing but numbers and text.</summary>
    None,
    /// <summary>A picture each: JPEG, PNG or raw pixels.</summary>
    Image,
    /// <summary>A cloud of points each.</summary>
    Points,
    /// <summary>A piece of a compressed video.</summary>
    Video,
    /// <summary>A position on Earth each.</summary>
    Fix,
}
