namespace Mesh.Commands.Signals;

/// <summary>How a signal is drawn.</summary>
public enum SignalKind
{
    /// <summary>A number over time: a line.</summary>
    Number,

    /// <summary>A truth value over time: bands.</summary>
    Bool,

    /// <summary>A number of a closed list with names: bands.</summary>
    Enum,

    /// <summary>A text over time: bands.</summary>
    Text,
}
