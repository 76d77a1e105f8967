using Mesh.Commands.Compression;
using Mesh.Commands.Jobs;
using Mesh.Commands.Studies;
using Mesh.Commands.Triggers;

namespace Mesh.Commands.CommandLines;

/// <summary>What starts and ends work of trainers, as command lines: triggers, jobs, studies, compression.</summary>
public static class JobLines
{
    /// <summary><c>mesh triggers fire</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="rule">Name of the rule.</param>
    public static CommandLine ToCommandLine(this FireRequest request, string rule) => CommandLine.Of("triggers", "fire").Argument(rule).Option("--reason", request.Reason);

    /// <summary><c>mesh jobs cancel</c>.</summary>
    public static CommandLine Cancel(StopRequest request, string jobId) => CommandLine.Of("jobs", "cancel").Argument(jobId).Option("--reason", request.Reason);

    /// <summary><c>mesh jobs preempt</c>.</summary>
    public static CommandLine Preempt(StopRequest request, string jobId) => CommandLine.Of("jobs", "preempt").Argument(jobId).Option("--reason", request.Reason);

    /// <summary><c>mesh studies run</c>.</summary>
    public static CommandLine ToCommandLine(this StudyRequest request) => CommandLine.Of("studies", "run").Argument(request.FileName);

    /// <summary><c>mesh studies stop</c>.</summary>
    public static CommandLine StopStudy(StopRequest request, string study) => CommandLine.Of("studies", "stop").Argument(study).Option("--reason", request.Reason);

    /// <summary><c>mesh studies resume</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="study">Name of the study.</param>
    public static CommandLine ToCommandLine(this ResumeRequest request, string study) => CommandLine.Of("studies", "resume").Argument(study).Option("--trials", LineText.Number(request.Trials));

    /// <summary><c>mesh models compress</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model"><c>NAME</c>, <c>NAME@VERSION</c> or <c>NAME@ALIAS</c>.</param>
    public static CommandLine ToCommandLine(this CompressRequest request, string model) => CommandLine.Of("models", "compress").Argument(model).Options("--profile", request.Profiles);
}
