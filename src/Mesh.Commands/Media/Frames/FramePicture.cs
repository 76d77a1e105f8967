namespace Mesh.Commands.Media.Frames;

/// <summary>A frame as a browser shows it.</summary>
/// <param name="MediaType"><c>image/jpeg</c>, <c>image/png</c> or <c>image/webp</c>.</param>
/// <param name="Bytes">The picture; the stored payload itself where that is one of these.</param>
/// <param name="Sha256">Of the bytes, lower-case hex.</param>
/// <param name="Time">When it was logged, seconds since the recording's start.</param>
/// <param name="Version">Version of the channel that it was read from.</param>
/// <param name="Facts">What else is known, as <c>points</c> and <c>outside</c>.</param>
public sealed record FramePicture(string MediaType, ReadOnlyMemory<byte> Bytes, string Sha256, double Time, string Version, IReadOnlyDictionary<string, string> Facts);
