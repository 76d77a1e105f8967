namespace Mesh.Training.Kubernetes;

/// <summary>The API server does not know the resource version any more (410 Gone): what is watched is to be read again.</summary>
internal sealed class WatchExpiredException() : Exception("The resource version is too old.");
