namespace Mesh.Formats;

/// <summary>Messages of a channel that could not be turned into columns.</summary>
/// <param name="Topic">Topic of the channel.</param>
/// <param name="Count">How many.</param>
/// <param name="Code">Code of the first failure.</param>
/// <param name="Reason">Reason of the first failure.</param>
public sealed record UndecodedMessages(string Topic, long Count, string Code, string Reason);
