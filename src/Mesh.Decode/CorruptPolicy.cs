namespace Mesh.Decode;

/// <summary>What happens when a recording is damaged or a message does not match its schema.</summary>
public enum CorruptPolicy
{
    /// <summary>The message becomes a dead letter, lost bytes become part of the account, and the rest goes on.</summary>
    DeadLetter,
    /// <summary>The whole upload becomes one dead letter.</summary>
    Fail,
}
