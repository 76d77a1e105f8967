using Mesh.Model;
using Mesh.Training.Tracking;

namespace Mesh.Commands.Tracking.Mlflow;

/// <summary>An error in MLflow's words: the body is <c>{"error_code": ..., "message": ...}</c>.</summary>
/// <param name="ErrorCode">MLflow's name of the error.</param>
/// <param name="Message">What was wrong, with Mesh's code in front.</param>
/// <param name="Status">HTTP status.</param>
public sealed record MlflowError(string ErrorCode, string Message, int Status)
{
    /// <summary>The error that an exception of Mesh is.</summary>
    public static MlflowError Of(MeshException exception)
    {
        string message = $"{exception.Code}: {exception.Message}";
        if (exception.IsTransient) return new MlflowError("TEMPORARILY_UNAVAILABLE", message, 503);
        return (exception as TrackingException)?.Fault switch
        {
            TrackingFault.Missing => new MlflowError("RESOURCE_DOES_NOT_EXIST", message, 404),
            TrackingFault.Exists => new MlflowError("RESOURCE_ALREADY_EXISTS", message, 400),
            TrackingFault.Forbidden => new MlflowError("PERMISSION_DENIED", message, 403),
            TrackingFault.Unknown => new MlflowError("ENDPOINT_NOT_FOUND", message, 404),
            _ => new MlflowError("INVALID_PARAMETER_VALUE", message, 400),
        };
    }
}
