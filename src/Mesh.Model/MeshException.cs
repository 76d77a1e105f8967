namespace Mesh.Model;

/// <summary>
/// An expected failure with a stable code. The message says what was wrong, where, and what to do about it;
/// callers decide about retries by <see cref="IsTransient"/>, never by the message text.
/// </summary>
public class MeshException : Exception
{
    /// <param name="code">Stable identifier, <c>MESH</c> and a number from the component's range (for example <c>MESH2103</c>).</param>
    /// <param name="message">What was wrong, where, and the remedy; shown to people as it is.</param>
    /// <param name="isTransient">Whether the same call can succeed later without anybody changing anything.</param>
    /// <param name="innerException">The cause, for logs.</param>
    public MeshException(string code, string message, bool isTransient = false, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
        IsTransient = isTransient;
    }

    /// <summary>Stable identifier of the failure.</summary>
    public string Code { get; }

    /// <summary>Whether a retry can help.</summary>
    public bool IsTransient { get; }
}
