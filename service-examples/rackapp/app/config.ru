# The application: shows a notice that lies with its data. /up is for whoever wants to know whether it serves.
notice = File.join(ENV.fetch('APP_DATA'), 'notice')

run lambda { |request|
  case request['PATH_INFO']
  when '/' then [200, { 'Content-Type' => 'text/plain' }, [File.read(notice)]]
  when '/up' then [200, { 'Content-Type' => 'text/plain' }, ["up\n"]]
  else [404, { 'Content-Type' => 'text/plain' }, ["there is no such page\n"]]
  end
}
