# Read by puma. There is no pid file, and no log file: both are the supervisor's business.
bind "tcp://#{ENV.fetch('ADDRESS')}:#{ENV.fetch('PORT')}"
threads 1, 5

# TERM lets the requests in progress finish; that is a success.
raise_exception_on_sigterm false
