using Mesh.Commands.Recordings;

namespace Mesh.Commands.CommandLines;

/// <summary>Uploads as command lines.</summary>
public static class UploadLines
{
    /// <summary><c>mesh publish</c>.</summary>
    public static CommandLine ToCommandLine(this PublishRequest request) => CommandLine.Of("publish")
        .Arguments(request.Files).Option("--vehicle", request.Vehicle).Option("--session", request.Session.Length > 0 ? request.Session : null).Flag("--wait", request.Wait);
}
