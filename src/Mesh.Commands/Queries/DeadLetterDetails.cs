using System.Text.Json;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Queries;

/// <summary>Everything about one dead letter.</summary>
/// <param name="Letter">The letter.</param>
/// <param name="Remedy">What can be done about it.</param>
/// <param name="Source">Place of the event that was being handled, <c>topic-partition@offset</c>.</param>
/// <param name="LetterAt">Place of the letter in its topic.</param>
/// <param name="PayloadUri">The recording that holds the payload; empty when the letter does.</param>
/// <param name="PayloadOffset">Byte position in it, of the message or of the chunk that holds it.</param>
/// <param name="History">What has happened to it, in order.</param>
/// <param name="PayloadHex">The first bytes of the payload; null when it cannot be had, with <paramref name="PayloadProblem"/>.</param>
/// <param name="PayloadProblem">Why there is no payload, or why it does not decode; null when all is well.</param>
/// <param name="Decoded">The message by the schema it was recorded with, as far as that goes; null when it does not go at all.</param>
public sealed record DeadLetterDetails(
    DeadLetterView Letter, string Remedy, string Source, string LetterAt, string PayloadUri, long PayloadOffset, IReadOnlyList<DeadLetterChange> History, string? PayloadHex,
    string? PayloadProblem, JsonElement? Decoded);
