using System.IO.Enumeration;

namespace Mesh.Decode;

/// <summary>Selects channels by globs (<c>*</c> any text, slashes included; <c>?</c> one character).</summary>
/// <param name="Schema">Name of the message type; null for any.</param>
/// <param name="Topic">Topic as recorded; null for any.</param>
public sealed record ChannelRule(string? Schema, string? Topic)
{
    /// <summary>Whether a channel is meant.</summary>
    public bool Matches(string schemaName, string topic) => IsMatch(Schema, schemaName) && IsMatch(Topic, topic);

    private static bool IsMatch(string? glob, string name) =>
        glob is null || FileSystemName.MatchesSimpleExpression(glob, name, ignoreCase: false);
}
